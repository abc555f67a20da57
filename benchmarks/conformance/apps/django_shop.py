"""A shop in Django REST framework, its document by drf-spectacular: `python django_shop.py PORT`.

The document is at /schema/?format=json.
"""

import datetime as dt
import sys
from uuid import uuid4

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DEBUG=False,
    ROOT_URLCONF=__name__,
    SECRET_KEY="-",
    INSTALLED_APPS=["rest_framework", "drf_spectacular"],
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
    # Uploads are described as files in requests alone.
    SPECTACULAR_SETTINGS={
        "TITLE": "Shop",
        "VERSION": "1",
        "SCHEMA_PATH_PREFIX": "/api",
        "COMPONENT_SPLIT_REQUEST": True,
    },
)
django.setup()

from django.http import Http404  # noqa: E402
from django.urls import include, path  # noqa: E402
from drf_spectacular.extensions import OpenApiAuthenticationExtension  # noqa: E402
from drf_spectacular.types import OpenApiTypes  # noqa: E402
from drf_spectacular.utils import extend_schema  # noqa: E402
from drf_spectacular.views import SpectacularAPIView  # noqa: E402
from rest_framework import (  # noqa: E402
    parsers,
    renderers,
    routers,
    serializers,
    status,
    viewsets,
)
from rest_framework.authentication import BaseAuthentication  # noqa: E402
from rest_framework.decorators import action  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

ITEMS: dict = {}
PHOTOS: dict = {}


class ItemSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    created = serializers.DateTimeField(read_only=True)
    name = serializers.CharField()
    price = serializers.FloatField()
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    comment = serializers.CharField(required=False, allow_null=True)


class UserSerializer(serializers.Serializer):
    name = serializers.CharField()


class LoginSerializer(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField()


class PhotoSerializer(serializers.Serializer):
    photo = serializers.FileField()


class Bearer(BaseAuthentication):
    def authenticate(self, request):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return (token, None) if token else None


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = Bearer
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class PNGRenderer(renderers.BaseRenderer):
    media_type, format = "image/png", "png"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return data


class Health(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        return Response({"status": "ok"})


class Me(APIView):
    authentication_classes = (Bearer,)

    @extend_schema(responses=UserSerializer)
    def get(self, request):
        return Response({"name": request.user})


class Login(APIView):
    parser_classes = (parsers.FormParser,)

    @extend_schema(request=LoginSerializer, responses=UserSerializer)
    def post(self, request):
        return Response({"name": f"{request.data['username']}:{request.data['password']}"})


class Items(viewsets.ViewSet):
    serializer_class = ItemSerializer
    lookup_url_kwarg = "item_id"

    def list(self, request):
        return Response(ItemSerializer(ITEMS.values(), many=True).data)

    def create(self, request):
        data = ItemSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        made = {"id": uuid4(), "created": dt.datetime.now(dt.UTC), **data.validated_data}
        ITEMS[str(made["id"])] = made
        return Response(ItemSerializer(made).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request, item_id):
        if item_id not in ITEMS:
            raise Http404("no such item")
        return Response(ItemSerializer(ITEMS[item_id]).data)

    def update(self, request, item_id):
        data = ItemSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        ITEMS[item_id] = {**ITEMS[item_id], **data.validated_data}
        return Response(ItemSerializer(ITEMS[item_id]).data)

    def destroy(self, request, item_id):
        del ITEMS[item_id]
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PhotoSerializer, responses=int)
    @action(
        detail=True,
        methods=["put"],
        url_path="photo",
        parser_classes=[parsers.MultiPartParser],
        renderer_classes=[renderers.JSONRenderer, PNGRenderer],
    )
    def upload_photo(self, request, item_id):
        PHOTOS[item_id] = request.data["photo"].read()
        return Response(len(PHOTOS[item_id]))

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY})
    @upload_photo.mapping.get
    def download_photo(self, request, item_id):
        return Response(PHOTOS[item_id], content_type="image/png")


router = routers.DefaultRouter()
router.register("items", Items, basename="item")
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view()),
    path("api/health", Health.as_view()),
    path("api/me", Me.as_view()),
    path("api/login", Login.as_view()),
    path("api/", include(router.urls)),
]

if __name__ == "__main__":
    from django.core.management import call_command

    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", "--noreload", "--nothreading")
